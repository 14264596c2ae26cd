# The gateway as an image: a virtual environment on a slim Python, an unprivileged user, no shell involved.
#
#   docker build -t jobgateway .
#   docker run -p 8080:8080 jobgateway
#   docker run -p 8080:8080 -v "$PWD/gateway.yaml:/etc/jobgateway/gateway.yaml:ro" jobgateway
#
# A mounted file must listen on 0.0.0.0 and should keep its admin port on 127.0.0.1, as docker/gateway.yaml does.

FROM python:3.14.10-slim-trixie AS build
WORKDIR /build
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN ["python", "-m", "venv", "/opt/jobgateway"]
RUN ["/opt/jobgateway/bin/python", "-m", "pip", "install", "--no-cache-dir", "."]
RUN ["/opt/jobgateway/bin/python", "-m", "pip", "uninstall", "--yes", "pip"]

FROM python:3.14.10-slim-trixie
LABEL org.opencontainers.image.title="jobgateway" \
      org.opencontainers.image.description="A gateway between callers and backends that speak different dialects of one jobs API" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/jobgateway /opt/jobgateway
COPY docker/gateway.yaml /etc/jobgateway/gateway.yaml
ENV PATH="/opt/jobgateway/bin:$PATH" PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    CMD ["jobgateway", "healthcheck", "-c", "/etc/jobgateway/gateway.yaml"]
ENTRYPOINT ["jobgateway"]
CMD ["run", "-c", "/etc/jobgateway/gateway.yaml"]
