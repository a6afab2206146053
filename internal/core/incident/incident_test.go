package incident

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/portal/transport"
)

func record(path, answer string, order int64, status int) transport.Record {
	return transport.Record{At: time.Date(2026, 11, 29, 20, 15, 4, 0, time.UTC), Method: "POST", Host: "www.gosuslugi.ru", Path: path, OrderID: order, Status: status,
		Outcome: "answered", RequestID: "r-1", Headers: "  Authorization: [hidden]\n  Content-Type: application/json\n", Body: `{"region":"36000000000"}`, Answer: answer}
}

func TestTheLetterHasEveryItemOfTheAppendix(t *testing.T) {
	l := &Log{Path: filepath.Join(t.TempDir(), "log")}
	l.Add(record("/api/gusmev/push", `{"orderId":77}`, 0, 200))
	l.Add(record("/api/gusmev/order/{id}", `{"code":"internal_error"}`, 77, 500))
	l.Add(record("/api/gusmev/order/{id}", `{"order":"{\"person\":\"Ivanov\"}"}`, 77, 200))
	l.Add(record("/api/gusmev/order/{id}", "", 78, 500))
	l.Add(record("/cabinet/v1/charges", "", 77, 500))
	list, err := l.About(77)
	if err != nil || len(list) != 3 {
		t.Fatalf("%+v %v", list, err)
	}
	if b, _ := os.ReadFile(l.Path); strings.Contains(string(b), "Ivanov") {
		t.Error("the log holds what an answer said of a person")
	}
	letter := Compose(About{ClientID: "AAA1", Production: true, PersonOID: "1000", PersonName: "Иванов Иван", OrderID: 77, Token: time.Date(2026, 11, 29, 20, 0, 0, 0, time.UTC)}, Worst(list))
	if letter.To != "sd@sc.digital.gov.ru" || letter.Subject != "AAA1 #API-ЕПГУ #Ошибка 500 POST /api/gusmev/order/77" {
		t.Errorf("%+v", letter)
	}
	for _, want := range []string{"client_id AAA1", "PROD", "29.11.2026 23:15:04", "29.11.2026 23:00:00", "метод: POST", "host: www.gosuslugi.ru", "https://www.gosuslugi.ru/api/gusmev/order/77",
		"Authorization: [hidden]", `{"region":"36000000000"}`, "internal_error", "orderId): 77", "7. Описание ситуации: [впишите]", "8. Результаты анализа"} {
		if !strings.Contains(letter.Body, want) {
			t.Errorf("no %q in\n%s", want, letter.Body)
		}
	}
	if strings.Contains(letter.Body, "Иванов") {
		t.Error("the name of a person is in a letter about production")
	}
}

func TestAFullLogBecomesTheEarlierOne(t *testing.T) {
	l := &Log{Path: filepath.Join(t.TempDir(), "log")}
	l.Add(record("/api/gusmev/push", `{"orderId":1}`, 0, 200))
	big := record("/api/gusmev/push", `{"orderId":2}`, 0, 200)
	big.Body = strings.Repeat("x", maxLog-1000)
	l.Add(big)
	for _, id := range []int64{1, 2} {
		if list, err := l.About(id); err != nil || len(list) != 1 {
			t.Errorf("%d: %d %v", id, len(list), err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"at":"2026-11-29T20:15:04Z","orderId":77}`))
	f.Add([]byte(`{"at":`))
	f.Fuzz(func(t *testing.T, line []byte) {
		e, err := parse(line)
		if err != nil {
			return
		}
		letter := Compose(About{OrderID: e.OrderID}, e)
		if strings.ContainsAny(letter.Subject, "\n\x1b") || strings.ContainsAny(letter.Body, "\x1b\x07") {
			t.Errorf("%q", letter)
		}
		if _, err := json.Marshal(e); err != nil {
			t.Error(err)
		}
	})
}
