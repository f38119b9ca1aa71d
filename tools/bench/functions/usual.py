"""The usual way: boto3, pandas and pyarrow, and all tables loaded at the start."""

import io
import json
import os
from urllib.parse import urlsplit

import boto3
import onnxruntime as ort
import pandas as pd
from fastapi import FastAPI
from mangum import Mangum

app = FastAPI()
address = urlsplit(os.environ["ARTIFACT_STORE"])
s3 = boto3.client("s3")


def read(key: str) -> bytes:
    """An object of the store."""
    answer = s3.get_object(Bucket=address.netloc, Key=f"{address.path.strip('/')}/{key}")
    return answer["Body"].read()


release = json.loads(read("channels/production.json"))["arms"][0]["release"]
posts = pd.read_parquet(io.BytesIO(read(f"releases/{release}/posts.parquet")))
users = pd.read_parquet(io.BytesIO(read(f"releases/{release}/users/00000.parquet")))
ranker = ort.InferenceSession(read(f"releases/{release}/ranker.onnx"))


@app.get("/healthz")
def healthz() -> dict[str, str | int]:
    """That it runs, and how much it has loaded."""
    return {"release": release, "posts": len(posts), "readers": len(users)}


lambda_handler = Mangum(app)
