"""One resource per file; each exports `MEMBER`, its routes. They share `base.py` and never import each other."""
