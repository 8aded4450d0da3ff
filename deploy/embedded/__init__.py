"""Everything that makes a bare machine able to run Copse: an environment, a Java, a Kafka, a PostgreSQL, the portal's assets."""
