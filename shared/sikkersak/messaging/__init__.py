"""RabbitMQ moves what PostgreSQL knows: outbox out, inbox in, ladders for what fails, parking for what a person mends."""
