"""What docker-compose.yml runs beside the images of production: secrets at the first start, health checks."""
