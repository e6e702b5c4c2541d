"""The whole product when things go wrong: lost replies, kills, replicas, jumping clocks."""
