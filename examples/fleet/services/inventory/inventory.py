"""How many of each product the warehouse holds."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

STOCK: dict[str, int] = json.loads(Path(__file__).with_name("stock.json").read_text(encoding="utf-8"))


async def all_stock(_: Request) -> JSONResponse:
    """Return the number on hand of every product."""
    return JSONResponse(STOCK)


async def stock(request: Request) -> JSONResponse:
    """Return the number on hand of one product."""
    sku = request.path_params["sku"]
    if sku not in STOCK:
        return JSONResponse({"error": f"the warehouse knows no {sku}"}, status_code=404)
    return JSONResponse({"sku": sku, "on_hand": STOCK[sku]})


async def health(_: Request) -> JSONResponse:
    """Tell that the service is well, and which build it is."""
    return JSONResponse({"status": "ok", "build": os.environ.get("CHITTYOPS_BUILD_ID", "dev"), "products": len(STOCK)})


app = Starlette(
    routes=[
        Route("/stock", all_stock),
        Route("/stock/{sku}", stock),
        Route("/health", health),
    ],
)

if __name__ == "__main__":
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    uvicorn.run(app, host=host, port=port, access_log=False)
