"""The demo: a copy of the example fleet is deployed, used, broken and mended, and every claim is checked."""
