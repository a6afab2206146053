package settings

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// BankKey describes one member of a bank's section, [banks.NAME].
type BankKey struct {
	Name string
	Help i18n.Text
}

// BankKeys lists the members of a bank's section.
func BankKeys() []BankKey {
	return []BankKey{
		{"address", i18n.Text{RU: "адрес DirectBank", EN: "address of DirectBank"}},
		{"customer", i18n.Text{RU: "идентификатор клиента в банке", EN: "the customer's id at the bank"}},
		{"version", i18n.Text{RU: "согласованная версия DirectBank", EN: "agreed version of DirectBank"}},
		{"compress", i18n.Text{RU: "yes — документы сжимаются", EN: "yes when documents are zipped"}},
		{"documents", i18n.Text{RU: "виды документов, которые принимает банк, с правилами подписи: 10(1)||(11) 14", EN: "kinds of documents that the bank takes, with the rules of signatures: 10(1)||(11) 14"}},
		{"login", i18n.Text{RU: "логин", EN: "login"}},
		{"logon_cert", i18n.Text{RU: "сертификат для входа вместо пароля", EN: "certificate to sign in with instead of a password"}},
		{"decrypt", i18n.Text{RU: "exec:'команда', которая расшифровывает номер сеанса (CMS на входе); нужна, когда ключ не в хранилище epgu", EN: "exec:'command' that decrypts the session's id (CMS on its standard input); needed when the key is not in epgu's store"}},
		{"signers", i18n.Text{RU: "сертификаты подписантов по группам через запятую; «-» — в группе никого", EN: "certificates of the signers by group, separated by commas; - for a group without one"}},
		{"letters_limit", i18n.Text{RU: "сколько байт вложений банк принимает в письме", EN: "how many bytes of attachments the bank takes in a letter"}},
		{"letter_types", i18n.Text{RU: "виды писем, которые принимает банк: 01 Обращение; 02 Ответ на запрос", EN: "types of letters that the bank takes: 01 Question; 02 Answer"}},
		{"bik", i18n.Text{RU: "БИК банка", EN: "БИК of the bank"}},
		{"bank", i18n.Text{RU: "наименование банка", EN: "name of the bank"}},
		{"corr", i18n.Text{RU: "корреспондентский счёт банка", EN: "correspondent account of the bank"}},
		{"account", i18n.Text{RU: "счёт, с которого платят", EN: "account to pay from"}},
		{"name", i18n.Text{RU: "наименование плательщика", EN: "name of the payer"}},
		{"inn", i18n.Text{RU: "ИНН плательщика", EN: "ИНН of the payer"}},
		{"kpp", i18n.Text{RU: "КПП плательщика", EN: "КПП of the payer"}},
		{"status", i18n.Text{RU: "статус плательщика (поле 101); пусто — по ИНН", EN: "status of the payer (field 101); empty follows the ИНН"}},
		{"keeps_repeats", i18n.Text{RU: "yes — банк узнаёт повтор того же пакета (2002, 2202); проверьте: epgu bank probe --repeat", EN: "yes when the bank knows a repetition of the same packet (2002, 2202); try it: epgu bank probe --repeat"}},
		{"date_always", i18n.Text{RU: "yes — банк требует метку времени в каждом запросе списка", EN: "yes when the bank demands a time mark in every list request"}},
	}
}

// BankNames lists the banks of the config file.
func (s *Settings) BankNames() []string { return slices.Sorted(maps.Keys(s.file.banks)) }

// Bank returns a copy of a bank's section.
func (s *Settings) Bank(name string) (map[string]string, bool) {
	b, ok := s.file.banks[name]
	return maps.Clone(b), ok
}

// SetBank replaces a bank's section by way of write, which replaces the file
// atomically; members with an empty value are left out.
func (s *Settings) SetBank(name string, members map[string]string, write func(path string, data []byte) error) error {
	if m, ok := badProfile(name); !ok {
		return fault.New(exitcode.Usage, "config.bad_value", m)
	}
	text, err := s.text()
	if err != nil {
		return err
	}
	for _, k := range BankKeys() {
		var value *string
		if v := members[k.Name]; v != "" {
			value = &v
		}
		if text, err = change(text, banksTable+"."+name, k.Name, value); err != nil {
			return err
		}
	}
	return s.replace(text, write)
}

// RemoveBank removes a bank's section.
func (s *Settings) RemoveBank(name string, write func(path string, data []byte) error) error {
	text, err := s.text()
	if err != nil {
		return err
	}
	var kept []string
	inside := false
	for line := range strings.SplitSeq(text, "\n") {
		if t := strings.TrimSpace(line); strings.HasPrefix(t, "[") {
			h, ok := heading(t)
			inside = ok && h == banksTable+"."+name
		}
		if !inside {
			kept = append(kept, line)
		}
	}
	return s.replace(strings.Join(kept, "\n"), write)
}

func (s *Settings) text() (string, error) {
	b, err := os.ReadFile(s.Path())
	if err != nil && !os.IsNotExist(err) {
		return "", err
	}
	return string(b), nil
}

// readBanks reads the table [banks].
func readBanks(v any) (map[string]map[string]string, []fault.Field) {
	out := map[string]map[string]string{}
	tables, ok := v.(map[string]any)
	if !ok {
		return out, []fault.Field{{Name: banksTable, Message: i18n.Say("это должна быть таблица [banks.имя]", "it must be a table [banks.name]")}}
	}
	var bad []fault.Field
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		where := banksTable + "." + name
		members, ok := tables[name].(map[string]any)
		if !ok {
			bad = append(bad, fault.Field{Name: where, Message: i18n.Say("это должна быть таблица", "it must be a table")})
			continue
		}
		if m, ok := badProfile(name); !ok {
			bad = append(bad, fault.Field{Name: where, Message: m})
			continue
		}
		out[name] = map[string]string{}
		for _, k := range slices.Sorted(maps.Keys(members)) {
			if !slices.ContainsFunc(BankKeys(), func(b BankKey) bool { return b.Name == k }) {
				bad = append(bad, fault.Field{Name: where + "." + untrusted.Clean(k), Message: i18n.Say("нет такой настройки банка; список: docs/directbank.ru.md", "no such setting of a bank; docs/directbank.md lists them")})
				continue
			}
			out[name][k] = fmt.Sprint(members[k])
		}
	}
	return out, bad
}
