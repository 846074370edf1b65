"""What turns a trained network into answers: runtimes, sources of images, files of scores. No Lightning here."""

import os

# ONNX Runtime 1.32 keeps a database of its use below the home folder, and is built to send it to its maker.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
