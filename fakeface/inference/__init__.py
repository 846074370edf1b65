"""What turns a trained network into answers: runtimes, sources of images, files of scores. No Lightning here."""

import os

# From 1.32 on, ONNX Runtime keeps a database of its use below the home folder and sends it to its maker.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
