"""E-mail and text messages, queued in the transaction of the change they tell about."""
