// Package config is the noun "config": what is set, where, and how to change it.
package config

import (
	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/settings"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// New returns the noun with its verbs.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: i18n.Text{RU: "Настройки и откуда они взялись", EN: "Settings and where they come from"}.In(f.Lang),
		Args:  cobra.NoArgs,
	}
	f.Verbs(cmd, func() []*cobra.Command { return []*cobra.Command{list(f), get(f), set(f)} })
	return cmd
}

type row struct {
	settings.Value
	help i18n.Text
}

func view() output.View[row] {
	return output.View[row]{Fields: []output.Field[row]{
		{Name: "name", Title: i18n.Text{RU: "Настройка", EN: "Setting"}, Value: func(r row) any { return r.Name }},
		{Name: "value", Title: i18n.Text{RU: "Значение", EN: "Value"}, Value: func(r row) any { return r.Value.Value }},
		{Name: "source", Title: i18n.Text{RU: "Откуда", EN: "Source"}, Value: func(r row) any { return output.Dual{Machine: string(r.Source), Human: r.Source.Title()} }},
		{Name: "where", Title: i18n.Text{RU: "Где задано", EN: "Where"}, Value: func(r row) any { return r.Where }, Wide: true},
		{Name: "help", Title: i18n.Text{RU: "Что это", EN: "What it is"}, Value: func(r row) any { return r.help }, Wide: true},
	}, Default: []string{"name", "value", "source", "where"}}
}

func list(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:   "list",
		Short: i18n.Text{RU: "Все настройки с источником каждой", EN: "Every setting with its source"}.In(f.Lang),
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			s, err := f.Settings()
			if err != nil {
				return err
			}
			keys := settings.Keys()
			rows := make([]row, len(keys))
			for i, v := range s.All() {
				rows[i] = row{v, keys[i].Help}
			}
			return output.List(f.IO, &out, view(), rows, output.Page{})
		},
	}
	output.AddFlags(cmd, &out, view(), f.Lang)
	return cmd
}

func get(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "get НАСТРОЙКА", EN: "get SETTING"}.In(f.Lang),
		Short: i18n.Text{RU: "Одна настройка", EN: "One setting"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if !known(args[0]) {
				return settings.CheckKey(args[0], "", false)
			}
			s, err := f.Settings()
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, view(), row{Value: s.Get(args[0])})
		},
		ValidArgsFunction: completeKeys(f),
	}
	output.AddFlags(cmd, &out, view(), f.Lang)
	return cmd
}

func known(name string) bool {
	for _, k := range settings.Keys() {
		if k.Name == name {
			return true
		}
	}
	return false
}

func set(f *factory.Factory) *cobra.Command {
	var inProfile string
	var unset bool
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "set НАСТРОЙКА [ЗНАЧЕНИЕ]", EN: "set SETTING [VALUE]"}.In(f.Lang),
		Short: i18n.Text{RU: "Записать настройку в файл", EN: "Write a setting to the config file"}.In(f.Lang),
		Args:  cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := f.Settings()
			if err != nil {
				return err
			}
			var value *string
			if !unset && len(args) == 2 {
				value = &args[1]
			}
			return s.Set(inProfile, args[0], value, func(path string, data []byte) error {
				return atomicfile.Write(path, data, 0o600)
			})
		},
		ValidArgsFunction: completeKeys(f),
	}
	cmd.Flags().StringVar(&inProfile, "in-profile", "", i18n.Text{RU: "записать в этот профиль", EN: "write into this profile"}.In(f.Lang))
	cmd.Flags().BoolVar(&unset, "unset", false, i18n.Text{RU: "убрать настройку из файла", EN: "remove the setting from the file"}.In(f.Lang))
	return cmd
}

func completeKeys(f *factory.Factory) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var names []cobra.Completion
		for _, k := range settings.Keys() {
			names = append(names, cobra.CompletionWithDesc(k.Name, k.Help.In(f.Lang)))
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
