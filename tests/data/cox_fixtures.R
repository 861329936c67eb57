# Coefficients, score residuals and dfbeta of twelve Cox models by R's survival, at full precision.
# Run once, in this folder:  Rscript cox_fixtures.R      (Debian: r-base-core, r-cran-survival)
# Written with R 4.2.2 and survival 3.5-3.
library(survival)

set.seed(20240229)
n <- 200
x <- data.frame(x1 = rnorm(n), x2 = 2 * rnorm(n) + 5, x3 = rbinom(n, 1, 0.4))
untied <- rexp(n, exp(0.6 * x$x1 - 0.2 * (x$x2 - 5) + 0.5 * x$x3))
data <- cbind(x, untied = untied, tied = ceiling(4 * untied / (untied + 0.4)),
              event = rbinom(n, 1, 0.75), weight = sample(1:4, n, replace = TRUE) / 2,
              stratum = sample(1:3, n, replace = TRUE))
share <- runif(n) * rbinom(n, 1, 0.6)
data$untied_entry <- data$untied * share
data$tied_entry <- floor(data$tied * share)

full <- function(table) {
  numbers <- sapply(table, is.numeric)
  table[numbers] <- lapply(table[numbers], function(column) sprintf("%.17g", column))
  table
}
write.csv(full(data), "cox_rows.csv", row.names = FALSE, quote = FALSE)

right <- "x1 + x2 + x3"
settings <- list(
  efron = list(left = "Surv(time, event)", right = right, ties = "efron"),
  breslow = list(left = "Surv(time, event)", right = right, ties = "breslow"),
  weights = list(left = "Surv(time, event)", right = right, ties = "efron", weights = TRUE),
  strata = list(left = "Surv(time, event)", right = paste(right, "+ strata(stratum)"), ties = "efron"),
  entry = list(left = "Surv(entry, time, event)", right = right, ties = "efron"),
  ridge = list(left = "Surv(time, event)", right = "ridge(x1, x2, x3, theta = 20, scale = FALSE)", ties = "efron")
)

coefficients <- residuals <- NULL
for (times in c("untied", "tied")) for (name in names(settings)) {
  s <- settings[[name]]
  data$time <- data[[times]]
  data$entry <- data[[paste0(times, "_entry")]]
  data$w <- if (is.null(s$weights)) rep(1, n) else data$weight
  fit <- coxph(as.formula(paste(s$left, "~", s$right)), data, weights = w, ties = s$ties,
               control = coxph.control(eps = 1e-14, toler.chol = 1e-15, toler.inf = 1e-7, iter.max = 100, outer.max = 100))
  key <- paste(name, times, sep = "_")
  beta <- as.numeric(coef(fit))
  score <- residuals(fit, type = "score")
  dfbeta <- residuals(fit, type = "dfbeta")
  coefficients <- rbind(coefficients, data.frame(
    configuration = key, beta1 = beta[1], beta2 = beta[2], beta3 = beta[3], loglik = as.numeric(fit$loglik[2])))
  residuals <- rbind(residuals, data.frame(
    configuration = key, score1 = score[, 1], score2 = score[, 2], score3 = score[, 3],
    dfbeta1 = dfbeta[, 1], dfbeta2 = dfbeta[, 2], dfbeta3 = dfbeta[, 3]))
}
write.csv(full(coefficients), "cox_coefficients.csv", row.names = FALSE, quote = FALSE)
write.csv(full(residuals), "cox_residuals.csv", row.names = FALSE, quote = FALSE)
