// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.HostClient;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code writ hosts list}: which hosts are enrolled, and how they stand. */
@Command(
    name = "list",
    description =
        "Lists enrolled hosts in the order of their names, with how many artifacts of each stand.",
    mixinStandardHelpOptions = true)
final class HostsListCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin OperatorOptions operator = new OperatorOptions();

  @Option(
      names = "--after",
      paramLabel = "NAME",
      defaultValue = "",
      description = "Lists those whose names come after this one.")
  String after = "";

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "100",
      description = "Lists so many, from 1 to 256 (default: ${DEFAULT-VALUE}).")
  int count = 100;

  @Override
  public Integer call() throws CommandFailure {
    if (count < 1 || count > HostClient.MOST) {
      throw CommandFailure.usage("--count must be from 1 to " + HostClient.MOST + ", was " + count);
    }
    HostClient.Page page =
        operator.ask(client -> CommandFailure.read(client.hosts().after(after, count)));
    List<HostClient.Listed> hosts = page.hosts();
    new Table("host", "state", "artifacts", "enrolled", "ak_name_digest")
        .print(
            spec.commandLine().getOut(),
            operator.output,
            "hosts",
            hosts.stream().map(HostsListCommand::row).toList());
    if (!page.isLast() && !hosts.isEmpty()) {
      spec.commandLine()
          .getErr()
          .println("there may be more: --after " + hosts.get(hosts.size() - 1).name());
      spec.commandLine().getErr().flush();
    }
    return ExitStatus.DONE;
  }

  private static Map<String, Object> row(HostClient.Listed host) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("host", host.name());
    row.put("state", host.state().wire());
    row.put("artifacts", host.artifacts());
    host.enrolled().ifPresent(time -> row.put("enrolled", time));
    row.put("ak_name_digest", host.akNameDigest());
    row.put("leaf_index", host.leafIndex());
    return row;
  }
}
