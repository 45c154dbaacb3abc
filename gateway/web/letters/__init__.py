"""Letters by hand, their models, what left and what came back, calls to make, forwarding."""
