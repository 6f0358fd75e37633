"""Finding faces in a photo and cutting them out upright."""
