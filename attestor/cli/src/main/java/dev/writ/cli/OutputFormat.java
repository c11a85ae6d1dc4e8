// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

/** How a subcommand writes its data: for people, or as one JSON document. */
enum OutputFormat {
  text,
  json
}
