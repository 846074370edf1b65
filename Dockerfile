# The web page on a processor: no root, and nothing is written but to /tmp.
#   docker build -t fakeface . && docker run --read-only --tmpfs /tmp -p 127.0.0.1:8000:8000 fakeface
FROM python:3.11-slim

COPY . /source
RUN pip install --no-cache-dir --constraint /source/constraints.txt torch torchvision \
      --index-url https://download.pytorch.org/whl/cpu \
    && pip install --no-cache-dir --constraint /source/constraints.txt '/source[serve]' \
    && rm -r /source

ENV PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
WORKDIR /tmp
USER 10001:10001
EXPOSE 8000
ENTRYPOINT ["fakeface"]
CMD ["serve", "--host", "0.0.0.0"]
