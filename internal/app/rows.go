package app

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake"
	logrows "github.com/sillok/sillok/internal/logs/rows"
	"github.com/sillok/sillok/internal/service/logs"
	"github.com/sillok/sillok/internal/trail/member"
	"github.com/sillok/sillok/internal/trail/rows"
)

// RowsFolder is where the rows of the server's own tables are, in the data folder.
const RowsFolder = "rows"

// logRowsFolder is where queries of log groups are given rows.
const logRowsFolder = "log-rows"

// SystemDatabase is the database of the server's own tables.
const SystemDatabase = "sillok"

// openRows makes what has the logs of what happened as rows, and the database that shows
// them.
func (a *App) openRows() (err error) {
	a.members = member.New(a.journal, a.state, func(ctx context.Context, account cloud.Account) (string, error) {
		place, err := a.accounts.Membership(ctx, account)
		return place.ID, err
	})
	a.rows = rows.New(rows.Config{
		Dir: a.folder(RowsFolder), Log: a.log, Journal: a.journal, Archive: a.archive,
		Organization: a.members.At,
	}, a.state)
	if a.system, err = systemDatabase(a.rows.Accounts(a.readableEvents)); err != nil {
		return err
	}
	// What a server that was killed has left there belongs to no query any more.
	if err := os.RemoveAll(a.folder(logRowsFolder)); err != nil {
		return err
	}
	a.logRows = logrows.New(a.folder(logRowsFolder))
	a.system.More = a.logTables
	return nil
}

// logTables returns the log groups of the call's account and region as tables.
func (a *App) logTables(ctx context.Context) ([]lake.SystemTable, error) {
	groups, err := a.logs.Tables(ctx)
	if err != nil {
		return nil, err
	}
	// Of two groups whose names differ in case alone, one is a table: that whose name has
	// no capitals, else the first.
	byName := map[string]string{}
	for _, group := range groups {
		name := logrows.TableName(group)
		if _, taken := byName[name]; !taken || group == name {
			byName[name] = group
		}
	}
	tables := make([]lake.SystemTable, 0, len(byName))
	for name, group := range byName {
		tables = append(tables, a.logTable(name, group))
	}
	return tables, nil
}

// logTable returns a log group as a table of the database, for who may read its events.
func (a *App) logTable(name, group string) lake.SystemTable {
	return lake.SystemTable{
		Name: name, Description: "The events of the log group " + group + ".", Columns: logrows.Columns(),
		SerDe: "org.openx.data.jsonserde.JsonSerDe", InputFormat: "org.apache.hadoop.mapred.TextInputFormat",
		Kept: a.logRows.Table(func(ctx context.Context) (*logrows.Group, error) {
			acting := a.gateway.Acting(ctx, cloud.ServiceOf("athena.amazonaws.com"))
			if err := a.access.May(acting, "logs:FilterLogEvents", logs.ReadARN(cloud.CallOf(ctx).Scope(), group), nil); err != nil {
				return nil, err
			}
			return a.logs.Rows(ctx, group)
		}, false),
	}
}

// ViewSystem returns the database of the server's own tables as it lies in a data folder,
// which a server may be using, for whoever may read that. scratch is a folder that is
// written into.
func ViewSystem(data, scratch string, log *slog.Logger) (*lake.System, error) {
	kept, err := rows.View(rows.Folders{
		Calls: filepath.Join(data, CallsFolder), Events: filepath.Join(data, EventsFolder), Rows: filepath.Join(data, RowsFolder),
	}, scratch, log)
	if err != nil {
		return nil, err
	}
	return systemDatabase(kept)
}

// systemDatabase returns the database of the server's own tables.
func systemDatabase(events lake.Kept) (*lake.System, error) {
	columns, keys, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	return &lake.System{
		Database: SystemDatabase, Description: "What this server records, as rows.",
		Tables: []lake.SystemTable{{
			Name: "cloudtrail_events", Description: "The CloudTrail events of the account, and in the management account of an organization those of its accounts.",
			Columns: columns, PartitionKeys: keys,
			SerDe: "com.amazon.emr.hive.serde.CloudTrailSerde", InputFormat: "com.amazon.emr.cloudtrail.CloudTrailInputFormat", Kept: events,
		}},
	}, nil
}

// readableEvents returns the accounts whose events a query may read for the caller of
// ctx: as LookupEvents finds them.
func (a *App) readableEvents(ctx context.Context) ([]cloud.Account, error) {
	acting := a.gateway.Acting(ctx, cloud.ServiceOf("athena.amazonaws.com"))
	if err := a.access.May(acting, "cloudtrail:LookupEvents", "*", nil); err != nil {
		return nil, err
	}
	accounts := []cloud.Account{cloud.CallOf(ctx).Account}
	if a.cfg.Strict {
		return accounts, nil
	}
	others, err := a.othersOf(ctx)
	return append(accounts, others...), err
}

// neededEvents returns the first record of the archive of which rows are to be made; 0
// while that is not known.
func (a *App) neededEvents() uint64 {
	if a.rows == nil {
		return 0
	}
	return a.rows.NeededEvents()
}
