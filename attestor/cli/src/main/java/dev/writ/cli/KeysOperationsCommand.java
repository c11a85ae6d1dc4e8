// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.ListedOperation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code writ keys operations}: what was put before operators. */
@Command(
    name = "operations",
    description =
        "Lists what was proposed, the newest first: what waits for approval, and how the rest ended.",
    mixinStandardHelpOptions = true)
final class KeysOperationsCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin OperatorOptions operator = new OperatorOptions();

  @Override
  public Integer call() throws CommandFailure {
    List<ListedOperation> all =
        operator.ask(client -> CommandFailure.read(client.operations().list()));
    new Table("operation", "kind", "state", "approvals", "threshold", "expires")
        .print(
            spec.commandLine().getOut(),
            operator.output,
            "operations",
            all.stream().map(KeysOperationsCommand::row).toList());
    return ExitStatus.DONE;
  }

  private static Map<String, Object> row(ListedOperation operation) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("operation", operation.digest().hex());
    row.put("kind", operation.kind().wire());
    row.put("state", operation.state());
    row.put("approvals", operation.approvers().size());
    row.put("threshold", operation.threshold());
    row.put("expires", operation.expires());
    operation.proposer().ifPresent(kid -> row.put("proposer", Thumbprint.text(kid)));
    row.put("approvers", operation.approvers().stream().map(Thumbprint::text).toList());
    row.put("leaf_index", operation.leafIndex());
    return row;
  }
}
