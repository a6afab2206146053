package bank

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	client "github.com/epgu-cli/epgu/internal/bank/directbank"
	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/directbank"
	"github.com/epgu-cli/epgu/internal/core/settings"
	"github.com/epgu-cli/epgu/internal/core/signing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

type addOptions struct {
	f        *factory.Factory
	out      output.Options
	flags    Flags
	values   map[string]*string // by the member of the section
	settings string
	training bool
	offline  bool
	yes      bool
}

func newAdd(f *factory.Factory) *cobra.Command {
	o := &addOptions{f: f, flags: NewFlags(f), values: map[string]*string{}}
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   tr("add ИМЯ", "add NAME"),
		Short: tr("Завести банк или изменить его раздел", "Make a bank's section, or change it"),
		Long: tr(`Записывает раздел [banks.ИМЯ] в файл настроек. Что умеет банк и кто подписывает, он говорит сам: файлом настроек обмена (--settings)
или, если известны адрес, логин, ИНН и БИК, по сети. Пароль хранится в хранилище секретов, не в разделе.
Что изменится в уже заведённом банке, команда показывает и переспрашивает.`,
			`Writes the section [banks.NAME] of the config file. What the bank takes and who signs it says itself: by its settings file (--settings) or,
when address, login, ИНН and БИК are known, over the network. The password is kept in the store of secrets, not in the section.
What changes in a bank that is there already is shown and asked about.`),
		Example: "  epgu bank add alfa --settings ExchangeSettings.xml --account 40702810900000000001\n  epgu bank add romashka --training",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			for member, v := range o.values {
				if !cmd.Flags().Changed(flagOf(member)) {
					continue
				}
				o.values[member] = v
			}
			return o.run(cmd.Context(), cmd, args[0])
		},
	}
	for _, k := range settings.BankKeys() {
		switch k.Name {
		case "customer", "version", "documents", "compress", "letters_limit", "letter_types":
			continue // the bank says these
		}
		v := new(string)
		o.values[k.Name] = v
		cmd.Flags().StringVar(v, flagOf(k.Name), "", k.Help.In(f.Lang))
	}
	fl := cmd.Flags()
	fl.StringVar(&o.settings, "settings", "", tr("`файл` настроек обмена из банка", "settings `file` from the bank"))
	fl.BoolVar(&o.training, "training", false, tr("учебный банк учебного портала, счёт учебной компании", "the training bank of a training portal, the account of the demo company"))
	fl.BoolVar(&o.offline, "offline", false, tr("не спрашивать настройки у банка", "do not ask the bank for its settings"))
	fl.BoolVarP(&o.yes, "yes", "y", false, tr("не переспрашивать", "do not ask"))
	o.flags.Add(cmd, true)
	output.AddFlags(cmd, &o.out, listView(), f.Lang)
	return cmd
}

func flagOf(member string) string { return strings.ReplaceAll(member, "_", "-") }

func (o *addOptions) run(ctx context.Context, cmd *cobra.Command, name string) error {
	s, err := o.f.Settings()
	if err != nil {
		return err
	}
	old, there := s.Bank(name)
	members := maps.Clone(old)
	if members == nil {
		members = map[string]string{}
	}
	if o.training {
		if err := o.trained(s, members); err != nil {
			return err
		}
	}
	given := func() {
		for member, v := range o.values {
			if cmd.Flags().Changed(flagOf(member)) {
				members[member] = strings.TrimSpace(*v)
			}
		}
	}
	given()
	if err := o.agree(ctx, name, members); err != nil {
		return err
	}
	if o.flags.PasswordStdin { // nobody may have asked for it, and it is to be kept
		if _, err := o.flags.secret(ctx, name); err != nil {
			return err
		}
	}
	given() // what a person says stands above what the bank says
	section, err := directbank.ParseSection(name, members)
	if err != nil {
		return err
	}
	if there {
		if err := o.confirm(ctx, old, members); err != nil {
			return err
		}
	}
	if err := s.SetBank(name, members, func(path string, data []byte) error { return atomicfile.Write(path, data, 0o600) }); err != nil {
		return err
	}
	secrets := map[string]string{}
	if o.flags.password != "" {
		secrets[passwordKey(name)] = o.flags.password
	}
	for _, k := range []string{"address", "customer", "login", "logon_cert", "decrypt"} {
		if o.flags.password != "" || there && old[k] != members[k] {
			secrets[sessionKey(name)] = "" // one that was begun in another way is of no use here
		}
	}
	if there && old["address"] != members["address"] && o.flags.password == "" {
		secrets[passwordKey(name)] = ""
	}
	if len(secrets) > 0 {
		if err := keep(ctx, o.f, secrets); err != nil {
			return err
		}
	}
	o.f.IO.Note(i18n.Text{RU: "Банк %s записан. Проверьте связь, прежде чем платить: epgu bank probe %s", EN: "Bank %s is written down. Try the connection before paying: epgu bank probe %s"}.With(name, name))
	return output.List(o.f.IO, &o.out, listView(), []*directbank.Section{section}, output.Page{})
}

// trained fills in what is known of the training bank.
func (o *addOptions) trained(s *settings.Settings, members map[string]string) error {
	portal := s.Get("portal").Value
	if portal == "" {
		return fault.New(exitcode.Usage, "config.no_portal", i18n.Text{RU: "у профиля %s нет адреса портала", EN: "profile %s has no portal address"}.With(s.ProfileName())).Advise(i18n.Say("--profile sandbox", "--profile sandbox"))
	}
	for k, v := range map[string]string{"address": strings.TrimRight(portal, "/") + training.DirectBank, "login": training.BankCustomer, "inn": training.BankCustomer, "bik": training.BankBIC} {
		members[k] = v
	}
	if !o.flags.PasswordStdin {
		o.flags.password = training.BankPassword
	}
	if members["account"] == "" { // the demo company's, whose key follows from the rest
		for _, key := range "0123456789" {
			a := "40702810" + string(key) + "00000000101"
			if r := requisites.Check(requisites.KindAccount, a, requisites.Options{BIK: training.BankBIC}); r.Problem == nil {
				members["account"] = a
			}
		}
	}
	return nil
}

// agree takes what the bank says: from its settings file, or over the network.
func (o *addOptions) agree(ctx context.Context, name string, members map[string]string) error {
	if o.settings != "" {
		data, err := readSmall(o.f, o.settings)
		if err != nil {
			return fault.New(exitcode.Usage, "bank.settings_file", i18n.Text{RU: "файл %s не прочитать", EN: "file %s cannot be read"}.With(untrusted.Text(o.settings))).Because(err)
		}
		s, err := client.ParseSettings(data)
		if err != nil {
			return err
		}
		directbank.Take(members, s)
		return byCertificate(name, s, members)
	}
	if o.offline || members["address"] == "" || members["login"] == "" || members["inn"] == "" || members["bik"] == "" {
		return nil
	}
	if members["documents"] != "" && !o.training && members["customer"] != "" && !o.flags.PasswordStdin {
		return nil // it is known already; settings are asked for anew by --settings or a password
	}
	first := &directbank.Section{Name: name, Address: members["address"], Login: members["login"]}
	desk, err := o.flags.open(ctx, first)
	if err != nil {
		return err
	}
	s, _, err := desk.Client.Settings(ctx, members["inn"], members["bik"], members["account"])
	if err != nil {
		return err
	}
	directbank.Take(members, s)
	return byCertificate(name, s, members)
}

// byCertificate refuses a bank that signs in by a certificate when none is named.
func byCertificate(name string, s *wire.Settings, members map[string]string) error {
	way := s.Data.Logon.Certificate
	if way == nil || members["logon_cert"] != "" {
		return nil
	}
	return fault.New(exitcode.Usage, "bank.logon_cert", i18n.Text{RU: "банк входит по сертификату (%s), а он не назван", EN: "the bank signs in by a certificate (%s), and none is named"}.With(untrusted.Text(way.Algorithm))).
		Advise(i18n.Text{RU: "назовите сертификат из epgu cert list: epgu bank add %s … --logon-cert ИМЯ", EN: "name a certificate of epgu cert list: epgu bank add %s … --logon-cert NAME"}.With(name))
}

// confirm shows what changes and, without --yes, asks.
func (o *addOptions) confirm(ctx context.Context, old, now map[string]string) error {
	changed := false
	for _, k := range settings.BankKeys() {
		if old[k.Name] != now[k.Name] {
			changed = true
			o.f.IO.Note(i18n.Text{RU: "%s: было «%s», станет «%s»", EN: "%s: was %q, becomes %q"}.With(k.Name, untrusted.Text(old[k.Name]), untrusted.Text(now[k.Name])))
		}
	}
	if !changed || o.yes {
		return nil
	}
	ok, err := prompt.New(o.f.IO).Confirm(ctx, prompt.Question{Label: i18n.Say("Изменить раздел банка?", "Change the bank's section?"), Flag: "--yes"}, false)
	if err == nil && !ok {
		err = fault.New(exitcode.Interrupted, "bank.unchanged", i18n.Say("раздел банка не изменён", "the bank's section was left as it is"))
	}
	return err
}

func readFile(path string) ([]byte, error) { return signing.ReadFile(path, 1<<20) }

func listView() output.View[*directbank.Section] {
	type section = *directbank.Section
	return output.View[section]{Fields: []output.Field[section]{
		{Name: "name", Title: i18n.Text{RU: "Банк", EN: "Bank"}, Value: func(s section) any { return s.Name }},
		{Name: "address", Title: i18n.Text{RU: "Адрес", EN: "Address"}, Value: func(s section) any { return untrusted.Text(s.Address) }},
		{Name: "customer", Title: i18n.Text{RU: "Клиент", EN: "Customer"}, Value: func(s section) any { return untrusted.Text(s.Customer) }},
		{Name: "version", Title: i18n.Text{RU: "Версия", EN: "Version"}, Value: func(s section) any { return s.Version }},
		{Name: "account", Title: i18n.Text{RU: "Счёт", EN: "Account"}, Value: func(s section) any { return s.Payer.Account }},
		{Name: "bik", Title: i18n.Text{RU: "БИК", EN: "БИК"}, Value: func(s section) any { return s.Payer.BIK }},
		{Name: "payer", Title: i18n.Text{RU: "Плательщик", EN: "Payer"}, Value: func(s section) any { return untrusted.Text(s.Payer.Name) }, Wide: true},
		{Name: "inn", Title: i18n.Text{RU: "ИНН", EN: "ИНН"}, Value: func(s section) any { return s.Payer.INN }},
		{Name: "kinds", Title: i18n.Text{RU: "Принимает", EN: "Takes"}, Value: func(s section) any {
			kinds := make([]string, 0, len(s.Documents))
			for k, rule := range s.Documents {
				word := string(k)
				if len(rule) > 0 && (len(rule) > 1 || len(rule[0]) > 0) {
					word += rule.String()
				}
				kinds = append(kinds, word)
			}
			slices.Sort(kinds)
			return kinds
		}},
		{Name: "signers", Title: i18n.Text{RU: "Подписывают", EN: "Signers"}, Value: func(s section) any { return s.Signers }},
		{Name: "keepsRepeats", Title: i18n.Text{RU: "Узнаёт повторы", EN: "Keeps repeats"}, Value: func(s section) any { return s.KeepsRepeats }},
	}, Default: []string{"name", "address", "account", "version", "kinds"}}
}

func newList(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:   "list",
		Short: i18n.Text{RU: "Какие банки заведены", EN: "Which banks there are"}.In(f.Lang),
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			s, err := f.Settings()
			if err != nil {
				return err
			}
			var list []*directbank.Section
			for _, name := range s.BankNames() {
				section, err := Section(f, name)
				if err != nil {
					return err
				}
				list = append(list, section)
			}
			if len(list) == 0 {
				f.IO.Note(i18n.Say("Банков нет. Завести: epgu bank add ИМЯ --settings ФАЙЛ; попробовать: epgu bank add romashka --training", "There are no banks. Make one: epgu bank add NAME --settings FILE; to try: epgu bank add romashka --training"))
			}
			return output.List(f.IO, &out, listView(), list, output.Page{})
		},
	}
	output.AddFlags(cmd, &out, listView(), f.Lang)
	return cmd
}

func newRemove(f *factory.Factory) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "remove ИМЯ", EN: "remove NAME"}.In(f.Lang),
		Short: i18n.Text{RU: "Убрать раздел банка и его пароль", EN: "Remove a bank's section and its password"}.In(f.Lang),
		Long: i18n.Text{RU: "Убирает раздел и секреты банка. Отправленные и полученные пакеты остаются: по ним видно, что было. Пока в банке есть незавершённые платежи, раздел не убирается: о них было бы некого спросить.",
			EN: "Removes a bank's section and secrets. Packets that were sent and fetched stay: they show what happened. While the bank has payments that are not final the section stays: there would be nobody to ask about them."}.In(f.Lang),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, name := cmd.Context(), args[0]
			s, err := f.Settings()
			if err != nil {
				return err
			}
			if _, ok := s.Bank(name); !ok {
				_, err := Section(f, name)
				return err
			}
			open, err := Open(ctx, f, name)
			if err != nil {
				return err
			}
			if len(open) > 0 {
				return fault.New(exitcode.Conflict, "bank.in_use", i18n.Text{RU: "в банке %s есть незавершённые платежи: %d", EN: "bank %s has payments that are not final: %d"}.With(name, len(open))).
					Advise(i18n.Text{RU: "узнайте, что с ними: epgu bank status %s", EN: "ask what became of them: epgu bank status %s"}.With(name))
			}
			if !yes {
				if err := prompt.New(f.IO).TypedConfirm(ctx, prompt.Typed{Label: i18n.Text{RU: "Раздел и пароль банка %s исчезнут. Наберите его имя", EN: "The section and the password of bank %s will be gone. Type its name"}.With(name), Expected: name, Flag: "--yes"}); err != nil {
					return err
				}
			}
			if err := s.RemoveBank(name, func(path string, data []byte) error { return atomicfile.Write(path, data, 0o600) }); err != nil {
				return err
			}
			return keep(ctx, f, map[string]string{passwordKey(name): "", sessionKey(name): ""})
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, i18n.Text{RU: "не спрашивать", EN: "do not ask"}.In(f.Lang))
	return cmd
}
