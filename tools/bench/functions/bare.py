"""FastAPI behind Mangum, and nothing else: what a cold start takes before it does anything."""

from fastapi import FastAPI
from mangum import Mangum

app = FastAPI()


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    """That it runs."""
    return {"status": "ok"}


lambda_handler = Mangum(app, lifespan="off")
