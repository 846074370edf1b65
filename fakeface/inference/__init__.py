"""What turns a trained network into answers: runtimes, sources of images, files of scores. No Lightning here."""
