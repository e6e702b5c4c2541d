"""Who a Slack user is to us: whether they may stand for a member, and the actor they become."""
