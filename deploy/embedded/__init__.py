"""What makes a bare machine able to run Copse: environment, Java, Kafka, PostgreSQL, the portal's assets."""
