# Leverages, Cook's distances, DFBETAS, one-step and refitted leave-one-out changes of four models by R's stats.
# Run once, in this folder:  Rscript lm_diagnostics.R      (Debian: r-base-core)
# Written with R 4.2.2; the rows are those of R's own data sets swiss, infert and warpbreaks.
options(stringsAsFactors = FALSE)
tight <- glm.control(epsilon = 1e-15, maxit = 100)

breaks <- with(warpbreaks, data.frame(y = breaks, wool = wool == "B", medium = tension == "M", high = tension == "H"))
births <- with(infert[seq(1, 248, by = 4), ], data.frame(y = case, spontaneous, induced, age, parity))
provinces <- with(swiss, data.frame(y = Fertility, Agriculture, Examination, Education, Catholic, Infant.Mortality))
models <- list(
  ols = list(rows = provinces),
  weighted = list(rows = cbind(provinces, weight = swiss$Examination / 10)),
  binomial = list(rows = births, family = binomial),
  poisson = list(rows = breaks * 1, family = poisson)
)

# coefficients with the intercept last, as columns of a name
columns <- function(name, table) {
  table <- cbind(table[, -1, drop = FALSE], table[, 1])
  colnames(table) <- paste(name, c(head(colnames(table), -1), "intercept"), sep = ".")
  table
}

for (name in names(models)) {
  rows <- models[[name]]$rows
  family <- models[[name]]$family
  weight <- if (is.null(rows$weight)) rep(1, nrow(rows)) else rows$weight
  rows$weight <- NULL
  refit <- function(keep) {
    left <- list(y ~ ., data = rows[keep, ], weights = weight[keep])
    if (is.null(family)) do.call(lm, left) else do.call(glm, c(left, list(family = family, control = tight)))
  }
  fit <- refit(seq_len(nrow(rows)))
  parts <- influence(fit)
  # of a glm, R's dfbeta carries deviance residuals; those of the one step are Pearson's
  residual <- if (is.null(parts$pear.res)) 1 else parts$pear.res / parts$dev.res
  refitted <- t(sapply(seq_len(nrow(rows)), function(i) coef(fit) - coef(refit(-i))))
  table <- cbind(rows, weight = weight, hat = hatvalues(fit), cook = cooks.distance(fit),
                 columns("step", parts$coefficients * residual), columns("refit", refitted))
  if (is.null(family)) {
    measures <- influence.measures(fit)$infmat
    table <- cbind(table, columns("dfbetas", structure(measures[, seq_along(coef(fit))], dimnames = dimnames(refitted))))
  }
  table[] <- lapply(table, function(column) sprintf("%.17g", column))
  write.csv(table, paste0("lm_diagnostics_", name, ".csv"), row.names = FALSE, quote = FALSE)
}
