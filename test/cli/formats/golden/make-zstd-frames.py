"""Prints pages in Zstandard, as libzstd makes them, and a hash of what they hold.

pip install zstandard
python3 test/cli/formats/golden/make-zstd-frames.py > test/cli/formats/golden/zstd-frames.json
"""
import base64, hashlib, json, struct
import zstandard as zstd


def numbers(count):
    """Numbers that rise, with some among them that are like no other and so become literals."""
    state, found = 1, []
    for i in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        found.append(i // 70 if i % 90 else state >> 8)
    return struct.pack(f'<{count}i', *found)


def compressed(data, **options):
    stream = options.pop('stream', False)
    level = options.pop('level', 3)
    parameters = zstd.ZstdCompressionParameters.from_level(level, **options)
    compressor = zstd.ZstdCompressor(compression_params=parameters)
    if not stream:
        return compressor.compress(data)
    encoder = compressor.compressobj()
    return encoder.compress(data) + encoder.flush()


small, page, text = numbers(500), numbers(40_000), b'abc' * 100
skippable = b'\x51\x2a\x4d\x18' + struct.pack('<I', 5) + b'aside'
pages = {
    'one block': (compressed(small), small),
    'one block, with a checksum': (compressed(small, write_checksum=True), small),
    'one block without its size': (compressed(small, stream=True), small),
    'blocks whose literals lie at the end of the room': (compressed(page), page),
    'blocks, with a checksum': (compressed(page, write_checksum=True), page),
    'blocks without a size': (compressed(page, stream=True, write_checksum=True), page),
    'blocks of a small window': (compressed(page, window_log=10), page),
    'bytes that are not compressed': (compressed(bytes(range(256))), bytes(range(256))),
    'one byte, very often': (compressed(bytes(300_000)), bytes(300_000)),
    'two frames': (compressed(small) + compressed(text, write_checksum=True), small + text),
    'two frames without their sizes': (compressed(small, stream=True) + compressed(text, stream=True), small + text),
    'frames to be skipped': (skippable + compressed(small) + skippable + compressed(text) + skippable, small + text),
    'an empty frame and another': (compressed(b'') + compressed(small), small),
}
for frames, data in pages.values():
    assert zstd.ZstdDecompressor().decompressobj(read_across_frames=True).decompress(frames) == data
print(json.dumps({
    name: {'bytes': len(data), 'sha256': hashlib.sha256(data).hexdigest(), 'page': base64.b64encode(frames).decode()}
    for name, (frames, data) in pages.items()
}, indent=1))
