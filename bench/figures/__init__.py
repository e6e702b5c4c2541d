"""One promise per file: each exports `MEMBER`, a `Figure` with its word and how it is measured. `base` says what they share."""
