"""Where the faces of a photograph are: found by CenterFace, and brought to one place and size by five points."""
