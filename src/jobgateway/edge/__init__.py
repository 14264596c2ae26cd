"""What faces callers: the server, its routes into the gateway, the admin port."""
