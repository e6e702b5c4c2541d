"""The small Slack, tried with the real slack_sdk and the real slack_bolt over HTTP and Socket Mode."""
