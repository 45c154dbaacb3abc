"""Secure mail: every S/MIME layer of a message opened and judged, on the exact bytes received.

``open.open_mail`` is the only door. The layer of cryptographic messages is our own, over
``asn1crypto`` (structures) and ``cryptography`` (primitives), because no library reads all of what
hospitals send; paths of certificates are judged by ``pyhanko-certvalidator``, never over the network.

Files: ``model`` (results), ``cms`` (structures of RFC 5652, 5083, 5753), ``enveloped`` (decryption),
``signed`` (signatures of a layer), ``primitives`` (one signature, one key), ``trust`` (paths),
``revocation`` (lists and OCSP answers), ``wanted`` (proofs that are missing, never fetched here), ``open``
(the walk through the layers), ``attached`` (a secure mail found inside another).
"""
