// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.service.Doors;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** The one line that {@code writ serve} and {@code writ witness} print: where it can be asked. */
final class ReadyLine {
  static final String HTTP = "http";
  static final String TLS = "tls";
  static final String OPERATOR = "operator";
  static final String OPERATOR_MTLS = "operator_mtls";
  static final String METRICS = "metrics";

  private final Map<String, String> places = new LinkedHashMap<>();

  ReadyLine(ServeConfig config, Doors doors) {
    this(config.listen(), doors.plainPort(), doors.tlsPort());
    config.operator().socket().ifPresent(socket -> places.put(OPERATOR, socket.toString()));
    config
        .operator()
        .mtls()
        .ifPresent(mtls -> put(OPERATOR_MTLS, "https", mtls.address(), doors.operatorTlsPort()));
    config.metrics().ifPresent(at -> put(METRICS, "http", at, doors.metricsPort()));
  }

  /** Of public doors alone. */
  ReadyLine(ServeConfig.Listen listen, OptionalInt plainPort, OptionalInt tlsPort) {
    listen.http().ifPresent(at -> put(HTTP, "http", at, plainPort));
    listen.tls().ifPresent(tls -> put(TLS, "https", tls.address(), tlsPort));
  }

  private void put(String name, String scheme, ListenAddress configured, OptionalInt port) {
    places.put(name, scheme + "://" + new ListenAddress(configured.host(), port.orElseThrow()));
  }

  /** Prints it as one line, at once. */
  void print(PrintWriter out, OutputFormat format) {
    out.println(format == OutputFormat.json ? json() : text());
    out.flush();
  }

  String text() {
    return "ready "
        + places.entrySet().stream()
            .map(place -> place.getKey() + "=" + place.getValue())
            .collect(Collectors.joining(" "));
  }

  String json() {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("ready", true);
    document.putAll(places);
    return Printer.json(document);
  }
}
