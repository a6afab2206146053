package statement

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
)

func TestTheWordsOfBanksAreReadInBothLanguages(t *testing.T) {
	for want, words := range map[Status][]string{
		Executed: {"ACSC", "Исполнен", "исполнена", "ИСПОЛНЕНО", "Исполнен банком", "Проведён", "Проведена", "проведено", "OK", "ок", "Оплачено", "Оплачен", "Выполнено", "Завершён", "Списано", "Обработан", "Успешно",
			"Executed", "COMPLETED", "Posted", "Success", "Processed", "Settled", "BOOK", "Booked", "Done", "Paid", "Успешная операция", "Платёж исполнен", "Документ проведен банком 29.11.2026", "Executed successfully", "Accepted Settlement Completed", "AcceptedSettlementCompleted", "Оплата прошла", "Зачислено получателю", "Перечислено", "Погашено"},
		Pending: {"PDNG", "ACSP", "В обработке", "Обрабатывается", "Pending", "HOLD", "Холд", "Ожидает исполнения", "В ожидании", "Принят", "Принят к исполнению", "На исполнении", "Отправлен в банк", "Создан", "Черновик", "Подписан",
			"Waiting", "In progress", "PROCESSING", "Авторизация", "Заблокировано", "Резерв", "Queued", "Accepted", "Draft", "Не исполнен", "Не проведён", "Not executed", "not posted", "В очереди", "Картотека 2", "On hold", "Новый", "Authorized",
			"Получен банком", "Unposted", "Передан на исполнение", "Не завершено", "Not completed", "Приостановлен", "Будет исполнен 01.12.2026", "Должен быть исполнен", "Готов к исполнению", "Will be executed", "To be paid", "Может быть исполнен", "Проводится", "Плановый", "Сформирован", "Не принят", "Не подписан", "Not accepted", "Оплата не прошла",
			"AcceptedSettlementInProcess"},
		Refused:   {"RJCT", "FAILED", "Отклонён", "Отклонена банком", "Отказ", "Отказано", "Ошибка", "Rejected", "Declined", "Error", "Неуспешно", "Недостаточно средств", "Неисполнен", "Забракован", "Unsuccessful", "Expired", "Не исполнен: отказ банка", "Denied"},
		Cancelled: {"Отменён", "Отменена", "Отозван", "Отзыв", "Аннулирован", "Cancelled", "canceled", "Void", "Revoked", "Удалён", "Исполнение отменено", "Платёж отменён клиентом", "Withdrawn"},
		Reversed:  {"Возврат", "Возвращён", "Сторно", "Сторнирован", "Красное сторно", "Reversal", "REVERSED", "Refund", "Refunded", "Returned", "Storno", "Возврат исполнен", "Chargeback", "Reverted"},
		Unclear:   {"", "??", "Да", "17", "Частично исполнен", "Исполнен частично", "Partially executed", "Не отклонён", "qwerty", "Статус", "-", "Подтверждён", "Не", "Прошёл контроль", "Passed control"},
	} {
		for _, w := range words {
			if got := StatusOf(w); got != want {
				t.Errorf("%q: %d, want %d", w, got, want)
			}
		}
	}
}

func FuzzStatus(f *testing.F) {
	f.Add("Не исполнен")
	f.Add("OK")
	f.Fuzz(func(t *testing.T, s string) {
		if got := StatusOf(s); got == NotStated {
			t.Fatalf("%q says nothing", s)
		}
		if StatusOf("не исполнен "+s) == Executed {
			t.Fatalf("%q turns a negation into an execution", s)
		}
	})
}

func TestWhatADocumentOf1CSaysAgainstItsExecutionIsSeen(t *testing.T) {
	base, err := os.ReadFile(filepath.Join("..", "testdata", "cases", "base.txt"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := charmap.Windows1251.NewDecoder().String(string(base))
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]Status{
		"Очередность=5": NotStated, "СтатусДокумента=Исполнен": Executed, "СтатусПлатежа=В обработке": Pending, "ПричинаОтказа=нет средств": Contradicted, "ДатаОтзыва=30.11.2026": Contradicted,
		"СтатусДокумента=Исполнен\r\nСостояние=Отклонён": Refused, "СтатусДокумента=Исполнен\r\nПричинаВозврата=счёт закрыт": Contradicted,
	} {
		in := strings.Replace(text, "ВидОплаты=01", field+"\r\nВидОплаты=01", 1)
		entries, faults, err := readAll(strings.NewReader(in))
		if !errors.Is(err, io.EOF) || len(entries) != 1 || len(faults) != 0 && field != "Очередность=5" {
			t.Fatalf("%s: %d entries, %v, %v", field, len(entries), faults, err)
		}
		if entries[0].Status != want {
			t.Errorf("%s: %d, want %d", field, entries[0].Status, want)
		}
	}
}
