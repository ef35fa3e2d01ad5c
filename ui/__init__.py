"""Where people meet Almoner at a terminal or a desk."""
