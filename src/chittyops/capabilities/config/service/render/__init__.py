"""What a service's configuration comes to, written for whoever reads it: platforms, dotenv, JSON, Kubernetes. Pure."""

from __future__ import annotations

from chittyops.capabilities.config.service.render.rendering import (
    SHARED,
    File,
    Rendered,
    Subject,
    Target,
    file_name,
    render,
)

__all__ = ["SHARED", "File", "Rendered", "Subject", "Target", "file_name", "render"]
