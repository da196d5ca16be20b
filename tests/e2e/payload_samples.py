"""Payloads of every kind that `wsspec inspect` knows, made by Python's own codecs and the libraries
of the formats: no line of lib/payload. The same samples each time.

    /usr/bin/python3 tests/e2e/payload_samples.py     the confusion table: made as, looked like
"""

import base64
import collections
import gzip
import io
import json
import os
import random
import struct
import subprocess
import sys
import wave
import zipfile
import zlib

import brotli
import cbor2
import msgpack
import zstandard

# Rough sizes in octets or characters; what is longer by its format is longer.
SIZES = (4, 8, 14, 24, 40, 70, 200, 1000, 5000, 400000)

ENGLISH = ("the message was sent before the server had answered and so it waits for a second time "
           "while every client reads on without any delay because nothing was lost").split()
GERMAN = ("Grüße aus München über die schöne Straße nach Köln wo wir früher gewöhnlich Äpfel für die "
          "Mädchen kauften und später fünf Brötchen").split()
FRENCH = ("déjà vu le café à côté de la forêt où l'été dernier le garçon était très pressé d'être "
          "arrivé avant la fête des élèves").split()
SPANISH = "El niño comió piña en la montaña mañana cuando volvió el señor Núñez del jardín".split()
CHINESE = ("你好世界今天我们在服务器上发送一条消息所有的客户都可以看到它时间很快就过去了中国人民的生活"
           "越来越好大家一起工作学习这是一个非常简单的例子。，用户登录成功")
JAPANESE = ("こんにちは世界、今日はとても良い天気ですね。サーバーにメッセージを送信しました。ユーザーの"
            "名前と時間を確認してください。東京から大阪まで新幹線で行きます")
RUSSIAN = ("Сообщение было отправлено на сервер и пользователь получил ответ через несколько секунд потому "
           "что соединение работало хорошо а ошибка не повторилась").split()
GREEK = "Το μήνυμα στάλθηκε στον διακομιστή και ο χρήστης έλαβε την απάντηση μετά από λίγα δευτερόλεπτα".split()
KOREAN = "안녕하세요 메시지를 서버로 보냈습니다 사용자는 잠시 후에 답장을 받았습니다 오늘 날씨가 정말 좋네요".split()
TAIWAN = "伺服器已經收到使用者的訊息請稍後再試謝謝您的合作我們會盡快回覆這個問題今天天氣很好"
EMOJI = "😀🎉🚀💡👍🌍🔥🐍"


def words(rng, pool, length):
    out = rng.choice(pool)
    while len(out) < length:
        out += " " + rng.choice(pool)
    return out


def run_of(rng, text, length):
    """A piece of a text without spaces, begun anywhere."""
    begin = rng.randrange(len(text))
    return ((text[begin:] + text) * (length // len(text) + 2))[:max(length, 2)]


def prose(rng, length):
    """Words of a language with letters above U+007F, at least one of them."""
    pool = rng.choice((GERMAN, FRENCH, SPANISH))
    while True:
        out = words(rng, pool, length)
        if any(ord(c) > 127 for c in out):
            return out


def record(rng, length):
    """What programs send: an object with a few fields, long enough."""
    out = {"type": rng.choice(("move", "say", "join")), "id": rng.randrange(100000)}
    written = len(json.dumps(out))
    while written < length:
        key = f"{rng.choice(ENGLISH)}{len(out)}"
        out[key] = rng.choice((rng.random() * 100, rng.choice(ENGLISH), rng.randrange(-5, 300), True, None,
                               [rng.randrange(9) for _ in range(4)], words(rng, ENGLISH, 20)))
        written += len(json.dumps({key: out[key]}))
    return out


def varint(number):
    out = bytearray()
    while number > 0x7f:
        out.append(number & 0x7f | 0x80)
        number >>= 7
    return bytes(out + bytes([number]))


def protobuf(rng, length):
    """A message with numbers, strings, fixed fields and messages in it."""
    out, number = b"", 0
    while len(out) < length:
        number = number + rng.choice((1, 1, 1, 2)) if number < 30 else 1
        kind = rng.choice((0, 0, 1, 2, 2, 2, 5))
        out += varint(number << 3 | kind)
        if kind == 0:
            out += varint(rng.choice((1, 150, 70000, 1700000000000)))
        elif kind == 1:
            out += struct.pack("<d", rng.random())
        elif kind == 5:
            out += struct.pack("<f", rng.random())
        else:
            inner = words(rng, FRENCH, rng.randrange(3, 30)).encode()
            if rng.random() < 0.2:
                inner = b"\x08\x96\x01\x12" + varint(len(inner)) + inner
            out += varint(len(inner)) + inner
    return out


def bson(document):
    body = b""
    for key, value in document.items():
        name = key.encode() + b"\0"
        if value is None:
            body += b"\x0a" + name
        elif isinstance(value, bool):
            body += b"\x08" + name + bytes([value])
        elif isinstance(value, int):
            body += b"\x10" + name + struct.pack("<i", value)
        elif isinstance(value, float):
            body += b"\x01" + name + struct.pack("<d", value)
        elif isinstance(value, str):
            text = value.encode() + b"\0"
            body += b"\x02" + name + struct.pack("<i", len(text)) + text
        else:
            body += b"\x04" + name + bson({str(i): v for i, v in enumerate(value)})
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def png(rng, length):
    side = max(1, int((length / 3) ** 0.5))
    rows = b"".join(b"\0" + rng.randbytes(3 * side) for _ in range(side))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) +
            chunk(b"IEND", b""))


def jpeg(rng, length):
    head = rng.choice((b"\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0", b"\xff\xe1\0\x10Exif\0\0II*\0\x08\0\0\0",
                       b"\xff\xdb\0\x43\0" + bytes(range(1, 65))))
    return b"\xff\xd8" + head + b"\xff\xda" + rng.randbytes(length).replace(b"\xff", b"\xff\0") + b"\xff\xd9"


def pdf(rng, length):
    stream = zlib.compress(words(rng, ENGLISH, length).encode())
    return (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Length " + str(len(stream)).encode() +
            b" /Filter /FlateDecode >>\nstream\n" + stream + b"\nendstream\nendobj\n%%EOF\n")


def other_format(rng, length):
    out = io.BytesIO()
    if rng.random() < 0.5:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.txt", words(rng, ENGLISH, length))
    else:
        with wave.open(out, "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(8000)
            sound.writeframes(rng.randbytes(2 * length))
    return out.getvalue()


def text_cut(rng, length):
    """Octets of a text up to a size, the last character not whole."""
    text = (run_of(rng, CHINESE, length) if rng.random() < 0.5 else
            "".join(words(rng, GERMAN, 9) + rng.choice(EMOJI) for _ in range(length // 8 + 1))).encode()
    sizes = [size for size in (512, 1024, 4096, 8192, 65536) if size < len(text)]
    size = rng.choice(sizes) if sizes else max(4, len(text) - 1)
    if rng.random() < 0.2:  # the other part of it
        text = text[1:] if text[0] >= 0xc0 else "€".encode()[2:] + text
        size = len(text)
        return text if text[0] & 0xc0 == 0x80 else b"\x82" + text
    while size < len(text) and text[size] & 0xc0 != 0x80:
        text = b"x" + text
    return text[:size]


def double_encoded(rng, length):
    text = prose(rng, length)
    octets = text.encode()
    try:
        return octets.decode("cp1252").encode()
    except UnicodeDecodeError:
        return octets.decode("latin-1").encode()


def cesu8(rng, length):
    out = b""
    for c in words(rng, ENGLISH, length) + "".join(rng.choice(EMOJI) for _ in range(length // 20 + 1)):
        units = c.encode("utf-16be")
        for at in range(0, len(units), 2):
            out += chr(int.from_bytes(units[at:at + 2], "big")).encode("utf-8", "surrogatepass")
    return out


def lone_surrogates(rng, length):
    half = rng.choice(("\ud83d", "\ude00"))
    text = words(rng, ENGLISH + FRENCH, length)
    return (text + half if half == "\ud83d" else half + text).encode("utf-8", "surrogatepass")


def mixed(rng, length):
    """UTF-8 in which a few octets were overwritten."""
    text = bytearray((words(rng, GERMAN, length) + run_of(rng, CHINESE, length // 2 + 6)).encode())
    for _ in range(1 + len(text) // 400):
        text[rng.randrange(len(text))] = rng.choice((0xff, 0xfe, 0xc0, 0xf8, 0xc1))
    return bytes(text)


def replaced(rng, length):
    text = prose(rng, length).encode("latin-1").decode("utf-8", "replace")
    return text.encode()


def zeros(rng, length):
    text = words(rng, ENGLISH + FRENCH, length).encode()
    size = next((size for size in (32, 256, 1024, 4096, 65536, 1 << 20) if size > len(text)))
    return text + bytes(rng.choice((1, 3, size - len(text), size - len(text))))


def in_base64(rng, length):
    data = rng.choice((rng.randbytes(length), zlib.compress(rng.randbytes(length)), png(rng, length)))
    return rng.choice((base64.b64encode, base64.urlsafe_b64encode))(data)


def deflated(rng, length):
    """RFC 7692 7.2.1."""
    packer = zlib.compressobj(rng.choice((1, 6, 9)), zlib.DEFLATED, -15)
    out = packer.compress(json.dumps(record(rng, length)).encode()) + packer.flush(zlib.Z_SYNC_FLUSH)
    return out[:-4]


def other_charset(rng, length):
    """Twelve characters at least: fewer do not tell a language."""
    charset, text = rng.choice((
        ("cp1251", words(rng, RUSSIAN, length)), ("koi8-r", words(rng, RUSSIAN, length)),
        ("iso-8859-5", words(rng, RUSSIAN, length)), ("cp866", words(rng, RUSSIAN, length)),
        ("iso-8859-7", words(rng, GREEK, length)), ("euc-kr", words(rng, KOREAN, length)),
        ("euc-jp", run_of(rng, JAPANESE, length // 2)), ("big5", run_of(rng, TAIWAN, length // 2))))
    return text.encode(charset) if len(text) > 11 else other_charset(rng, 12 + length * 2)


def content(rng, length):
    return (json.dumps(record(rng, length)) if rng.random() < 0.6 else words(rng, ENGLISH, length)).encode()


MAKERS = {
    "json": lambda rng, n: json.dumps(record(rng, n), ensure_ascii=False).encode(),
    "text": lambda rng, n: words(rng, rng.choice((ENGLISH, GERMAN, FRENCH)), n).encode(),
    "text-cut": text_cut,
    "zeros-after-text": zeros,
    "replaced": replaced,
    "double-encoded": double_encoded,
    "cesu-8": cesu8,
    "lone-surrogates": lone_surrogates,
    "mixed": mixed,
    "base64": in_base64,
    "latin-1": lambda rng, n: prose(rng, n).encode(rng.choice(("latin-1", "cp1252"))),
    "shift-jis": lambda rng, n: run_of(rng, JAPANESE, n // 2).encode("shift_jis"),
    "gbk": lambda rng, n: run_of(rng, CHINESE, n // 2).encode("gbk"),
    "other-charset": other_charset,
    "utf-16le": lambda rng, n: rng.choice((words(rng, ENGLISH, n // 2), run_of(rng, JAPANESE, n))).encode("utf-16le"),
    "utf-16be": lambda rng, n: (rng.choice(("", "\ufeff")) + words(rng, GERMAN, n // 2)).encode("utf-16be"),
    "utf-32le": lambda rng, n: words(rng, FRENCH, n // 4).encode("utf-32le"),
    "utf-32be": lambda rng, n: run_of(rng, CHINESE + EMOJI, n // 4).encode("utf-32be"),
    "gzip": lambda rng, n: gzip.compress(content(rng, n), mtime=0),
    "zlib": lambda rng, n: zlib.compress(content(rng, n), rng.choice((1, 6, 9))),
    "deflate": deflated,
    "zstd": lambda rng, n: zstandard.ZstdCompressor(level=3).compress(content(rng, n)),
    "brotli": lambda rng, n: brotli.compress(content(rng, n), quality=rng.choice((1, 5, 11))),
    "png": png,
    "jpeg": jpeg,
    "pdf": pdf,
    "other-format": other_format,
    "protobuf": protobuf,
    "msgpack": lambda rng, n: msgpack.packb(record(rng, n)),
    "cbor": lambda rng, n: cbor2.dumps(record(rng, n)),
    "bson": lambda rng, n: bson(record(rng, n)),
    "random": lambda rng, n: rng.randbytes(n),
}


# Short ones as they come in practice.
EVERYDAY = [
    ("latin-1", "Grüße aus Köln".encode("latin-1")),
    ("latin-1", "Señor".encode("latin-1")),
    ("latin-1", "À bientôt !".encode("latin-1")),
    ("latin-1", "That’s “it”".encode("cp1252")),
    ("latin-1", "Price: 10 €".encode("cp1252")),
    ("latin-1", "£5".encode("latin-1")),
    ("latin-1", '{"name":"José","age":7}'.encode("latin-1")),
    ("latin-1", "Año nuevo: ¡feliz!".encode("latin-1")),
    ("latin-1", "21 °C".encode("latin-1")),
    ("latin-1", "ÄRGER ÜBER ÖL".encode("latin-1")),
    ("gbk", "你好".encode("gbk")),
    ("gbk", '{"user":"张三","msg":"登录成功"}'.encode("gbk")),
    ("gbk", "user 管理员 logged in".encode("gbk")),
    ("gbk", "-bash: 未找到命令\r\n".encode("gbk")),
    ("shift-jis", "こんにちは".encode("shift_jis")),
    ("shift-jis", '{"name":"田中さん"}'.encode("shift_jis")),
    ("shift-jis", "エラーが発生しました".encode("shift_jis")),
    ("text-cut", "Привет, мир".encode()[:-1]),
    ("text-cut", "日本語".encode()[:-1]),
    ("text-cut", ('{"text":"' + "日本語" * 500).encode()[:4096]),
    ("text-cut", ("y" * 1023 + "é").encode()[:1024]),
    ("double-encoded", "JosÃ©".encode()),
    ("double-encoded", "itâ€™s".encode()),
    ("double-encoded", "Ð\x9fÑ\x80Ð¸Ð²ÐµÑ\x82".encode()),
    ("text", "Привет, мир".encode()),
    ("text", "日本語".encode()),
    ("text", "Ça va? ×÷ «oui»".encode()),
    ("text", b"abcdefghijklmnop"),
    ("text", b"12345678901234567890"),
    ("text", b"com.example.Application"),
    ("text", b"HelloWorldThisIsText"),
    ("text", b"\x1b[31mred\x1b[0m\r\n"),
    ("text", b"<html><body>hi</body></html>"),
    ("json", b'{"jsonrpc":"2.0","id":1,"method":"ping"}'),
    ("json", b"[]"),
    ("base64", base64.b64encode(b"hello world, this is text")),
    ("base64", b"data:image/png;base64,iVBORw0KGgo="),
    ("zeros-after-text", b"OK\0"),
    ("zeros-after-text", b'{"ok":true}' + bytes(53)),
    ("utf-16le", "ok".encode("utf-16le")),
    ("utf-16le", "Привет, мир".encode("utf-16le")),
    ("utf-16le", "\ufeff你好".encode("utf-16le")),
    ("msgpack", msgpack.packb({"message": "hi", "num": 42})),
    ("msgpack", msgpack.packb({"op": 1, "d": None})),
    ("msgpack", msgpack.packb([1, "update", {"x": 1.5}])),
    ("cbor", cbor2.dumps({"op": 1, "d": None})),
    ("protobuf", bytes.fromhex("089601")),
    ("protobuf", bytes.fromhex("0a05616c69636510e807")),
    ("cesu-8", bytes.fromhex("eda0bdedb880")),
    ("lone-surrogates", b"hi \xed\xa0\xbd"),
    ("replaced", "Jos\ufffd".encode()),
    ("deflate", bytes.fromhex("f248cdc9c90700")),  # "Hello": RFC 7692 7.2.3.1
    ("mixed", "naïve caf\xff ".encode().replace(b"\xc3\xbf", b"\xff")),
    ("mixed", b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80edited"),
    ("random", bytes.fromhex("8d2f4be09c71a05536d90e7fb2c4188350e3a7661df94c2ab7086dd2953ef14b")),
]


def samples(seed=1007):
    """(kind, octets) of every kind in every size, then the everyday ones."""
    for kind, make in MAKERS.items():
        for number, size in enumerate(SIZES):
            yield kind, make(random.Random(f"{seed}/{kind}/{number}"), size)
    yield from EVERYDAY


def looked_at(binary, octets):
    done = subprocess.run([binary, "inspect", "--json"], input=octets, stdout=subprocess.PIPE, timeout=60)
    return done.returncode, json.loads(done.stdout)


def table(results):
    """`results`: (made as, looked like) of each sample. A row a kind: right, and what else was seen."""
    seen = collections.defaultdict(collections.Counter)
    for made, looked in results:
        seen[made][looked] += 1
    lines = []
    for made, counts in seen.items():
        wrong = ", ".join(f"{looked} {n}" for looked, n in counts.most_common() if looked != made)
        lines.append(f"{made:17}{counts[made]:3} of {sum(counts.values()):2}  {wrong}".rstrip())
    right = sum(counts[made] for made, counts in seen.items())
    lines.append(f"{'all':17}{right:3} of {len(results):2}")
    return "\n".join(lines)


if __name__ == "__main__":
    BINARY = os.environ.get("WSSPEC") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                                                      "build", "release", "wsspec")
    RESULTS = [(kind, octets, looked_at(BINARY, octets)[1]["looks_like"])
               for kind, octets in samples(*map(int, sys.argv[1:2]))]
    for made, octets, looks in RESULTS:
        if looks[0]["kind"] != made:
            print(f"{made} as {looks[0]['kind']}:", ", ".join(f"{look['kind']} {look['confidence']}" for look in looks),
                  "of", octets[:40])
    print(table([(kind, looks[0]["kind"]) for kind, _, looks in RESULTS]))
