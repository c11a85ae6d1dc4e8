// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.agent.JsonService.Document;
import dev.writ.artifact.HostStanding;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What an operator asks of a service about enrolled hosts. */
public final class HostClient {
  /** Most hosts in one page. */
  public static final int MOST = 256;

  private static final int OK = 200;
  private static final int MAX_ANSWER = 256 * 1024;
  private static final long MAX_EXACT = (1L << 53) - 1;

  private final JsonService service;

  HostClient(JsonService service) {
    this.service = service;
  }

  /**
   * An enrolled host.
   *
   * @param akNameDigest as leaves name it
   * @param leafIndex of the leaf that enrolled it
   * @param enrolled when, while the service's store has that leaf
   * @param artifacts how many stand, with all that were issued under them
   */
  public record Listed(
      String name,
      Hash akNameDigest,
      HostStanding state,
      long leafIndex,
      Optional<Instant> enrolled,
      long artifacts) {
    private static Listed take(JsonMembers members) throws MalformedJsonException {
      return new Listed(
          members.text("host"),
          members.hash("ak_name_digest"),
          members.oneOf("state", HostStanding.values()),
          members.integer("leaf_index", 0, MAX_EXACT),
          members.has("enrolled") ? Optional.of(members.millis("enrolled")) : Optional.empty(),
          members.integer("artifacts", 0, MAX_EXACT));
    }
  }

  /**
   * Hosts in the order of their names.
   *
   * @param isLast whether no host comes after them
   */
  public record Page(List<Listed> hosts, boolean isLast) {
    /** The page as given. */
    public Page {
      hosts = List.copyOf(hosts);
    }
  }

  /**
   * How a host stands, or of a preview would.
   *
   * @param was how it stood
   * @param artifacts how many of its artifacts were revoked, or would be
   * @param changed where the ledger says so; absent where it stood so already, and of a preview
   */
  public record Stands(
      HostStanding was,
      HostStanding state,
      long artifacts,
      Optional<OperatorClient.Scope.LeafAt> changed) {
    private static Stands take(JsonMembers members) throws MalformedJsonException {
      String unused = members.text("host");
      return new Stands(
          members.oneOf("was", HostStanding.values()),
          members.oneOf("state", HostStanding.values()),
          members.integer("artifacts", 0, MAX_EXACT),
          members.has("leaf_index")
              ? Optional.of(
                  new OperatorClient.Scope.LeafAt(
                      members.integer("leaf_index", 0, MAX_EXACT), members.millis("time")))
              : Optional.empty());
    }
  }

  /**
   * Asks which hosts are enrolled.
   *
   * @param after the name after which they come; empty for the first
   * @param count how many, at most {@link #MOST}
   */
  public Answer<Page> after(String after, int count) throws IOException {
    String name =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(after.getBytes(StandardCharsets.UTF_8));
    return service.get(
        "/v1/hosts?after=" + name + "&count=" + count,
        Document.json(
            OK,
            MAX_ANSWER,
            members -> {
              List<Listed> hosts = new ArrayList<>();
              for (JsonMembers each : members.objects("hosts", MOST)) {
                hosts.add(Listed.take(each));
                each.end();
              }
              return new Page(hosts, members.optionalText("next").isEmpty());
            }));
  }

  /**
   * Has a host stand so from here on, or says what that would do.
   *
   * @param reason as of {@link OperatorClient#revoke}
   */
  public Answer<Stands> set(String host, HostStanding next, String reason, boolean preview)
      throws IOException {
    String path =
        switch (next) {
          case ACTIVE -> "/v1/host-resumptions";
          case SUSPENDED -> "/v1/host-suspensions";
          case RETIRED -> "/v1/host-retirements";
        };
    return service.post(
        path,
        Jcs.canonical(Map.of("host", host, "reason", reason, "preview", preview)),
        Document.json(OK, MAX_ANSWER, Stands::take));
  }
}
