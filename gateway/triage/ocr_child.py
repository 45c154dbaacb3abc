"""The OCR process: ``python -m gateway.triage.ocr_child FD ENGINE``. One bitmap in, words out."""

from __future__ import annotations

import socket
import sys

from gateway.triage import frames
from gateway.triage.recognition import ANSWERED, ASKED
from parsers.ocr import Engine, Recogniser


def serve(channel: socket.socket, engine: Engine) -> None:
    """Answer bitmaps until the parent closes, or dies, which closes too."""
    recogniser = Recogniser(engine)
    while True:
        try:
            text, blobs = frames.receive(channel)
        except EOFError:
            return
        bitmap, page = frames.unpack(text, blobs, ASKED)
        frames.send(channel, *frames.pack(recogniser.read(bitmap, page), ANSWERED))


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), "tesseract" if sys.argv[2] == "tesseract" else "rapidocr")
