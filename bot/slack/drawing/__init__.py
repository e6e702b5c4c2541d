"""What cards are drawn with: blocks, inputs, parts, words, and the world around a request."""
