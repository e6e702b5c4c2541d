"""One way of showing requests and telling people per file; each exports its class as `MEMBER`.

An outlet draws and sends, and says honestly when it could not, or does not know. Queue, pace and patience are the
courier's. It may import its own edge's drawing (Slack: cards, blocks, channels) and of core the model, ports and courier's
protocol; it never changes a request.
"""
