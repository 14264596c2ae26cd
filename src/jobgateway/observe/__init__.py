"""What can be seen of a running gateway: metrics, the access log and operational events."""
