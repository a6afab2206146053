package bill

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/listing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// key is a number that charges are found by.
type key struct {
	by, value string
	kind      requisites.Kind // how it is checked; 0 = as it stands
	ru, en    string
}

func newSearch(f *factory.Factory) *cobra.Command {
	keys := []*key{
		{by: "uin", kind: requisites.KindUIN, ru: "УИН", en: "УИН"},
		{by: "ruling", ru: "номер постановления", en: "number of the ruling"},
		{by: "sts", ru: "свидетельство о регистрации машины, 10 знаков", en: "registration certificate of a vehicle, 10 characters"},
		{by: "vin", ru: "VIN машины", en: "VIN of a vehicle"},
		{by: "licence", ru: "водительское удостоверение, 10 знаков", en: "driving licence, 10 characters"},
		{by: "inn", kind: requisites.KindINN, ru: "ИНН (свой или своей организации)", en: "ИНН (one's own or one's organisation's)"},
		{by: "snils", kind: requisites.KindSNILS, ru: "СНИЛС (свой)", en: "СНИЛС (one's own)"},
	}
	var k key
	cmd := &cobra.Command{
		Use:   "search",
		Short: i18n.Text{RU: "Найти начисления по номеру с бумаги", EN: "Find charges by a number that stands on paper"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Ищет начисления по одному номеру. Номер проверяется до запроса. Чужие начисления видны без плательщика и подробностей.",
			EN: "Looks charges up by one number. The number is checked before anything is asked. Strangers' charges show neither payer nor details."}.In(f.Lang),
		Example: "  epgu bill search --sts '0000 000009'\n  epgu bill search --ruling 18810000000000000001",
		PreRunE: func(*cobra.Command, []string) (err error) {
			k, err = chosen(keys)
			return err
		},
	}
	for _, k := range keys {
		cmd.Flags().StringVar(&k.value, k.by, "", i18n.Text{RU: k.ru, EN: k.en}.In(f.Lang))
	}
	found := listing.Paged(func(ctx context.Context, c *factory.Connection, q cabinet.PageQuery) (*wire.Page[wire.Charge], error) {
		return c.Cabinet.SearchCharges(ctx, k.by, k.value, q)
	})
	return listing.Command(f, cmd, listing.List[wire.Charge]{
		View: view(), Limit: 100,
		Get: func(ctx context.Context, c *factory.Connection, limit int) ([]wire.Charge, output.Page, error) {
			items, page, err := found(ctx, c, limit)
			if err == nil && page.Total == 0 {
				f.IO.Note(i18n.Text{RU: "Ничего не найдено: %s %s. Новое начисление может появиться не сразу.", EN: "Nothing was found: %s %s. A new charge may take time to appear."}.
					With(i18n.Text{RU: k.ru, EN: k.en}, k.value))
			}
			return items, page, err
		},
	})
}

// chosen returns the only number that was given, checked and normalised.
func chosen(keys []*key) (key, error) {
	var found *key
	for _, k := range keys {
		if k.value == "" {
			continue
		}
		if found != nil {
			return key{}, fault.New(exitcode.Usage, "search.one", i18n.Text{RU: "ищут по одному номеру, а указаны --%s и --%s", EN: "one number is searched by, but --%s and --%s are given"}.With(found.by, k.by))
		}
		found = k
	}
	if found == nil {
		return key{}, fault.New(exitcode.Usage, "search.what", i18n.Say("по какому номеру искать? --uin, --ruling, --sts, --vin, --licence, --inn или --snils", "by which number? --uin, --ruling, --sts, --vin, --licence, --inn or --snils"))
	}
	k := *found
	if k.kind != 0 {
		r := requisites.Check(k.kind, k.value, requisites.Options{})
		if r.Problem != nil {
			return key{}, r.Problem.Fault()
		}
		k.value = r.Normalised
	}
	return k, nil
}

// parseUIN reads an УИН; what is wrong with it becomes the command's error.
func parseUIN(s string) (string, error) {
	uin, err := requisites.ParseUIN(s)
	if p := (*requisites.Problem)(nil); errors.As(err, &p) {
		return "", p.Fault()
	}
	return string(uin), err
}
