"""The room of contestations: claims become contestations, what the file proves, answers, holds, erasure."""
