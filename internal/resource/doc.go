// Package resource keeps what the resources of every AWS service share, so that
// each service says it in the same words: documents by account, region and
// name, listings in pages, tags, client tokens, ARNs and optional members.
//
// A service declares its kinds once and works on them inside a transaction of
// its Store, which is bound to the account and region of the call:
//
//	var databases = resource.Kind[glueapi.Database]{Name: "glue/database", Missing: errNoDatabase, Taken: errDatabaseExists}
//
//	err := s.store.Update(ctx, func(tx resource.Tx) error {
//		return databases.Create(tx, database, name)
//	})
//
// What the documents mean, and which errors a client sees, is left to the
// services.
package resource
