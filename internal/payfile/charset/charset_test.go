package charset

import (
	"bytes"
	"io"
	"testing"

	"golang.org/x/text/encoding/unicode"
)

func TestTheCharacterSetOfRussianTextIsFoundOutByItsLetters(t *testing.T) {
	for _, text := range []string{"Дата операции;Статус;Сумма;Счёт получателя", "УИН;СУММА;ПЛАТЕЛЬЩИК", "Оплата штрафа по постановлению", "ООО «Ромашка», г. Тула", "Ёжиков Щукарь Эдуардович"} {
		for _, s := range Bytewise() {
			raw := []byte{}
			for _, r := range text {
				b, ok := s.Table().EncodeRune(r)
				if !ok {
					b = '"'
				}
				raw = append(raw, b)
			}
			// Capitals alone stand alike in Mac Cyrillic and code page 866.
			if got := Of(raw, nil); got != s && decode(got.Table(), raw) != decode(s.Table(), raw) {
				t.Errorf("%q in %s: %s", text, s, got)
			}
		}
		if got := Of([]byte(text), nil); got != UTF8 {
			t.Errorf("%q: %s", text, got)
		}
	}
}

func TestUTF16IsReadWithAndWithoutAMark(t *testing.T) {
	const text = "1CClientBankExchange\r\nОтправитель=Банк\r\nДата;Сумма\r\n29.11.2026;-1500,00\r\n"
	for _, e := range []unicode.Endianness{unicode.LittleEndian, unicode.BigEndian} {
		for _, mark := range []unicode.BOMPolicy{unicode.IgnoreBOM, unicode.UseBOM} {
			raw, err := unicode.UTF16(e, mark).NewEncoder().Bytes([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(Narrow(bytes.NewReader(raw)))
			if err != nil || string(got) != text {
				t.Errorf("%v %v: %q %v", e, mark, got, err)
			}
			if h := Head(raw[:40]); !bytes.HasPrefix(h, []byte("1CClientBank")) {
				t.Errorf("%q", h)
			}
		}
	}
	for _, plain := range []string{text, "", "1", "\xef\xbb\xbf" + text, "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"} {
		if got, err := io.ReadAll(Narrow(bytes.NewReader([]byte(plain)))); err != nil || string(got) != string(bytes.TrimPrefix([]byte(plain), []byte("\xef\xbb\xbf"))) {
			t.Errorf("%q became %q, %v", plain, got, err)
		}
	}
}

func FuzzNarrow(f *testing.F) {
	f.Add([]byte("\xff\xfeД\x04"))
	f.Add([]byte("1\x00C\x00C\x00l\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		out, err := io.ReadAll(Narrow(bytes.NewReader(b)))
		if err != nil || len(out) > 3*len(b)+3 {
			t.Fatalf("%d bytes became %d, %v", len(b), len(out), err)
		}
		Of(b, nil)
	})
}
