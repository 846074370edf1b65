"""What training faces go through: pseudo-fakes, random JPEG histories, crops and light."""
