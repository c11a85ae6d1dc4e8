// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.HostStanding;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.RevocationReason;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** What operators ask of hosts: which there are, and how one is to stand. */
final class HostRoutes {
  private static final int MAX_NAME = 128;

  private final HostStates hosts;
  private final Function<WorkPool.Work<Reply>, CompletionStage<Reply>> reads;

  /**
   * Routes.
   *
   * @param reads does work that reads and waits
   */
  HostRoutes(HostStates hosts, Function<WorkPool.Work<Reply>, CompletionStage<Reply>> reads) {
    this.hosts = hosts;
    this.reads = reads;
  }

  void addTo(RouteTable table) {
    table
        .get("/v1/hosts", "hosts", this::page, "after", "count")
        .post("/v1/host-suspensions", "suspendHost", body -> set(body, HostStanding.SUSPENDED))
        .post("/v1/host-retirements", "retireHost", body -> set(body, HostStanding.RETIRED))
        .post("/v1/host-resumptions", "resumeHost", body -> set(body, HostStanding.ACTIVE));
  }

  private CompletionStage<Reply> set(JsonMembers body, HostStanding next) throws MalformedRequest {
    try {
      String host = RequestReader.hostName(body);
      RevocationReason reason =
          body.oneOf("reason", RevocationReason.said().toArray(RevocationReason[]::new));
      boolean preview = body.flag("preview");
      body.end();
      return (preview ? hosts.preview(host, next) : hosts.set(host, next, reason))
          .thenApply(outcome -> reply(host, outcome));
    } catch (MalformedJsonException e) {
      throw new MalformedRequest(e);
    }
  }

  private static Reply reply(String host, HostOutcome outcome) {
    if (!(outcome instanceof HostOutcome.Stands stands)) {
      return Denials.reply(((HostOutcome.Denied) outcome).denial());
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("host", host);
    map.put("was", stands.was().wire());
    map.put("state", stands.state().wire());
    map.put("artifacts", stands.artifacts());
    stands
        .change()
        .ifPresent(
            leaf -> {
              map.put("leaf_index", leaf.leafIndex());
              map.put("time", leaf.time().toEpochMilli());
            });
    byte[] json = Jcs.canonical(map);
    return PublicRoutes.given(200, json);
  }

  private CompletionStage<Reply> page(RouteTable.Target target) throws MalformedRequest {
    String after = name(String.valueOf(target.query().get("after")));
    long count = target.count("count");
    if (count < 1 || count > HostStates.MOST) {
      throw new MalformedRequest(
          "query parameter count must be from 1 to " + HostStates.MOST + ", was " + count);
    }
    return reads.apply(
        () -> {
          List<ListedHost> page = hosts.after(after, (int) count);
          Map<String, Object> map = new LinkedHashMap<>();
          map.put("hosts", page.stream().map(HostRoutes::row).toList());
          if (page.size() == count) {
            map.put("next", base64Url(page.get(page.size() - 1).name()));
          }
          byte[] json = Jcs.canonical(map);
          return PublicRoutes.given(200, json);
        });
  }

  /** A name may have characters that a query has a meaning for. */
  private static String name(String after) throws MalformedRequest {
    try {
      String name = new String(Base64.getUrlDecoder().decode(after), StandardCharsets.ISO_8859_1);
      if (base64Url(name).equals(after) && (name.isEmpty() || AdmittedHosts.isName(name))) {
        return name;
      }
    } catch (IllegalArgumentException e) {
      // Said below.
    }
    throw new MalformedRequest(
        "query parameter after must be the base64url of a host's name, of at most "
            + MAX_NAME
            + " characters, or empty, was another");
  }

  private static String base64Url(String name) {
    return PublicRoutes.base64Url(name.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static Map<String, Object> row(ListedHost host) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("host", host.name());
    row.put("ak_name_digest", host.akNameDigest());
    row.put("state", host.state().wire());
    row.put("leaf_index", host.leafIndex());
    host.enrolled().ifPresent(time -> row.put("enrolled", time.toEpochMilli()));
    row.put("artifacts", host.artifacts());
    return row;
  }
}
