"""Celery over SQS by kombu, with no other broker: tasks are done, once each, and those that fail come again."""

import os
import time

import boto3
import celery
from celery.contrib.testing.worker import start_worker
from kombu import Connection

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
TASKS = 300

app = celery.Celery("work", broker="sqs://")
app.conf.update(
    broker_transport_options={
        "region": os.environ["AWS_REGION"], "visibility_timeout": 5, "wait_time_seconds": 2, "polling_interval": 0.1, "queue_name_prefix": "celery-",
    },
    broker_connection_retry_on_startup=True, task_acks_late=True, worker_prefetch_multiplier=4, worker_enable_remote_control=False,
    task_default_queue="work", task_serializer="json",
)
done, failed = [], set()


@app.task(name="double")
def double(n):
    done.append(2 * n)


@app.task(name="second_time", bind=True, max_retries=3)
def second_time(self, n):
    if n not in failed:
        failed.add(n)
        raise self.retry(countdown=1)
    done.append(n)


def until(what):
    for _ in range(400):
        if what():
            return
        time.sleep(0.1)
    raise AssertionError(f"only {len(done)} are done")


def counts():
    sqs = boto3.client("sqs", endpoint_url=ENDPOINT)
    url = sqs.get_queue_url(QueueName="celery-work")["QueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]
    return sorted(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values())


def test_tasks_are_done():
    for n in range(TASKS):
        double.delay(n)
    second_time.delay(-1)
    with start_worker(app, pool="threads", concurrency=4, perform_ping_check=False):
        until(lambda: len(done) >= TASKS + 1)
        until(lambda: counts() == ["0", "0", "0"])
    assert sorted(done) == [-1, *range(0, 2 * TASKS, 2)]


def test_kombu_takes_and_gives_back():
    with Connection("sqs://", transport_options={"region": os.environ["AWS_REGION"], "wait_time_seconds": 1}) as connection:
        queue = connection.SimpleQueue("plain")
        queue.put({"n": 1})
        first = queue.get(timeout=20)
        assert first.payload == {"n": 1}
        first.requeue()
        again = queue.get(timeout=60)
        assert again.payload == {"n": 1}
        again.ack()
        queue.close()
