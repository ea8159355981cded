"""Pages about segments and value: self-contained HTML, with drawings and no script."""
